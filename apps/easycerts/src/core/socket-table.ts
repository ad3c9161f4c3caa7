/** /proc/net/tcp and tcp6: which socket listens on a port (proc_net(5)). */

const listening = '0A';

/** Inode numbers of the sockets that listen on a port, in the text of either file. */
export function listenersOf(table: string, port: number): readonly string[] {
  const portHex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return local?.endsWith(`:${portHex}`) && state === listening && inode !== undefined ? [inode] : [];
  });
}
