/** Which package mirror the machine itself uses, read from apt's sources (sources.list(5)). Pure. */

export interface AptSource {
  readonly uri: string;
  /** `bookworm` */
  readonly suite: string;
  readonly components: readonly string[];
  /** File with the keys that sign it, when the source names one in a form that debootstrap takes. */
  readonly keyring?: string;
  /** The machine's administrator trusts it without a signature. */
  readonly isTrusted: boolean;
}

interface Entry {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** Debian has all of it in main; Ubuntu has containerd in universe. */
const wantedComponents = ['main', 'universe'];

/** debootstrap fetches with wget, or copies; it knows none of apt's other methods. */
const usableUri = /^(https?|file):\//;

/**
 * The distribution's own source among those of all files: the one with the suite named like the release and a component
 * `main`. Third parties name suite or component otherwise.
 */
export function findAptSource(
  files: readonly { readonly path: string; readonly text: string }[],
  codename: string,
): AptSource | undefined {
  const entries = files.flatMap(({ path, text }) =>
    path.endsWith('.sources') ? parseStanzas(text) : parseLines(text),
  );
  for (const { types, uris, suites, components, options } of entries) {
    const uri = uris.find((candidate) => usableUri.test(candidate));
    if (uri === undefined || !types.includes('deb') || !suites.includes(codename)) continue;
    if (!components.includes('main') || options.enabled === 'no') continue;
    const keyring = options['signed-by'];
    return {
      uri,
      suite: codename,
      components: wantedComponents.filter((component) => components.includes(component)),
      ...(keyring !== undefined && /^\/\S+\.gpg$/.test(keyring) ? { keyring } : {}),
      isTrusted: options.trusted === 'yes',
    };
  }
  return undefined;
}

/** `VERSION_CODENAME` of /etc/os-release (os-release(5)). */
export function codenameOf(osRelease: string): string | undefined {
  return /^VERSION_CODENAME=["']?([\w-]+)["']?$/m.exec(osRelease)?.[1];
}

/** The deb822 form: stanzas of `Key: value`, values may go on in indented lines. */
function parseStanzas(text: string): readonly Entry[] {
  const isComment = (line: string): boolean => line.startsWith('#');
  const plain = text
    .split('\n')
    .filter((line) => !isComment(line))
    .join('\n');
  return plain.split(/\n\s*\n/).map((stanza) => {
    const fields: Record<string, string> = {};
    for (const [, key = '', value = ''] of stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t].*)*)/gm)) {
      fields[key.toLowerCase()] = value.trim();
    }
    return {
      types: words(fields.types),
      uris: words(fields.uris),
      suites: words(fields.suites),
      components: words(fields.components),
      options: fields,
    };
  });
}

/** The one-line form: `deb [option=value …] uri suite component…`. */
function parseLines(text: string): readonly Entry[] {
  return text.split('\n').flatMap((line): Entry[] => {
    const [, type, options = '', rest] = /^\s*(deb)\s+(?:\[([^\]]*)\]\s*)?([^#]*)/.exec(line) ?? [];
    if (type === undefined) return [];
    const [uri, suite, ...components] = words(rest);
    if (uri === undefined || suite === undefined) return [];
    const pairs = words(options).map((option) => {
      const [key = '', ...value] = option.split('=');
      return [key.toLowerCase(), value.join('=')] as const;
    });
    return [
      {
        types: [type],
        uris: [uri],
        suites: [suite],
        components,
        options: Object.fromEntries(pairs),
      },
    ];
  });
}

function words(text = ''): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
