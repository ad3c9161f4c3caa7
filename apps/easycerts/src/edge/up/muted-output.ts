/** An output that falls silent when its terminal has been closed: writing there would be an error while we clean up. */

export interface Output {
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  write(text: string): void;
}

/** The stream, until SIGHUP. */
export function mutedAfterHangUp(stream: NodeJS.WriteStream): Output {
  let isMuted = false;
  process.once('SIGHUP', () => {
    isMuted = true;
  });
  return {
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
    write(text) {
      if (!isMuted) stream.write(text);
    },
  };
}
