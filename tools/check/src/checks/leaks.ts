/** Nothing in the repository that belongs to one machine, one network or one person. */

import type { CheckDefinition, CheckInput } from '../check-definition.ts';

interface Leak {
  readonly what: string;
  readonly pattern: RegExp;
  /** Matches that are nothing of the kind. */
  readonly except?: RegExp;
}

// Each pattern is written so that it does not match itself.
const leaks: readonly Leak[] = [
  {
    what: 'a path of one machine',
    pattern: /(?<![\w.$}~-])\/(?:home|Users)\/[a-z][\w.-]*\//g,
    except: /\/(?:user|you|me|[a-z])\/$/,
  },
  { what: 'a path of one machine', pattern: /(?<![\w.$}~-])\/(?:work|workspace)s?\/(?:main|shared|src|repo)\b/g },
  { what: 'a path of one machine', pattern: /(?<![\w.$}~-])\/root\/\.?[a-z][\w.-]+/g },
  {
    what: 'the host of a registry',
    pattern: /\bhttps?:\/\/[^/\s'"`)]*(?:registry|artifactory|nexus|verdaccio|goproxy)[^/\s'"`)]*/gi,
    except: /^https?:\/\/(?:registry\.npmjs\.org|registry\.k8s\.io|[\w.-]*\.example(?::\d+)?)$/i,
  },
  { what: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\\n|\s)+[A-Za-z0-9+/=]{40,}/g },
  { what: 'a token of npm', pattern: /_auth(?:Token)?\s*=\s*[A-Za-z0-9+/=_-]{12,}|\bnpm_[A-Za-z0-9]{36}\b/g },
  { what: 'a token of GitHub', pattern: /\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{50,}/g },
  { what: 'a key of a cloud', pattern: /\bAKIA[0-9A-Z]{16}\b/g },
  { what: 'a signed token', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/g },
  { what: 'a seed of NATS', pattern: /\bS[UAOCNX][A-Z2-7]{56}\b/g },
];

export const noLeaks: CheckDefinition = {
  name: 'no paths of a machine, hosts of a registry, secrets',
  cure: 'take it out; a secret that was committed is no secret any more: replace it',
  run: leakProblems,
};

/** Pure: looks through the texts. The match itself is not printed, for it may be a secret. */
export function leakProblems({ tree }: Pick<CheckInput, 'tree'>): readonly string[] {
  return tree.flatMap(({ path, text }) =>
    leaks.flatMap(({ what, pattern, except }) =>
      [...text.matchAll(pattern)]
        .filter(([match]) => except === undefined || !except.test(match))
        .map(({ index }) => `${path}:${text.slice(0, index).split('\n').length}: ${what}`),
    ),
  );
}
