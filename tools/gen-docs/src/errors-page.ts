/** docs/errors.md: every code of AppError. */

import type { ErrorCode } from '@easycerts/core';
import { errorCodes, exitCodeOf } from '@easycerts/core';
import { generatedNotice, page, table } from './markdown.ts';

interface ErrorText {
  readonly meaning: string;
  readonly repair: string;
}

const errorTexts: Readonly<Record<ErrorCode, ErrorText>> = {
  INVALID_CONFIG: {
    meaning: 'The cluster configuration has problems; nothing was changed.',
    repair: 'Mend every key that the message lists; docs/config/ explains each.',
  },
  INVALID_INPUT: {
    meaning: 'An argument, an option, a file given by hand or a request is not of the right form.',
    repair: 'Correct what the message names; `--help` shows the form.',
  },
  NOT_FOUND: { meaning: 'The thing asked for is not there.', repair: 'Check the name or the path in the message.' },
  ALREADY_EXISTS: {
    meaning: 'The thing to be made is there already; it was left as it is.',
    repair: 'Use the one that is there, or remove it first if you are sure.',
  },
  UNAUTHENTICATED: {
    meaning: 'The caller has not proved who it is, or its certificate is not accepted (any more).',
    repair: 'Look at the host identity with `easycerts certmgr check`; let the host join again if it expired.',
  },
  PERMISSION_DENIED: {
    meaning: 'The caller is known and may not do this; on a file: the user may not.',
    repair:
      'For the CA see the reason in docs/reasons.md; for files use the user that the message names, most often root.',
  },
  FAILED_PRECONDITION: {
    meaning:
      'Something that must be the case first is not: a port is in use, a file system is read-only, a step is missing.',
    repair: 'Do what the message says first, then run the command again.',
  },
  CONFLICT: {
    meaning: 'Somebody else changed the same thing meanwhile.',
    repair: 'Run the command again; services do so by themselves.',
  },
  DAMAGED: {
    meaning: 'A file is there but is not what it should be (a key, a certificate, a record).',
    repair: 'Leaf certificates are replaced by themselves. A CA key never is: put it back from a backup.',
  },
  NO_SPACE: {
    meaning: 'The file system is full, or the quota is used up. Nothing is left half written.',
    repair: 'Free some space and run the command again; services try again by themselves.',
  },
  UNAVAILABLE: {
    meaning: 'A service cannot be reached or is not ready.',
    repair: 'Services try again by themselves, waiting longer each time. See whether the other side runs.',
  },
  DEADLINE_EXCEEDED: {
    meaning: 'It took longer than the limit in the message.',
    repair: 'See whether the other side is overloaded or unreachable, then run the command again.',
  },
  CANCELLED: {
    meaning: 'It was interrupted (Ctrl-C) or the service was stopped.',
    repair: 'Run the command again: it continues.',
  },
  INTERNAL: {
    meaning: 'A defect of ours, or a case that we do not know.',
    repair: 'Report it with the message, the log and the version.',
  },
};

/** The page of all error codes. */
export function errorsPage(): string {
  const row = (code: ErrorCode): readonly string[] => {
    const { meaning, repair } = errorTexts[code];
    return [`\`${code}\``, String(exitCodeOf(code)), meaning, repair];
  };
  return page([
    generatedNotice,
    '# Errors',
    'Every error has one of these codes, a message that names what failed and which thing, and most often a line that says what ' +
      'to do. The code crosses gRPC unchanged and decides the exit code of a command (0 done, 1 failed, 2 wrong input, 130 ' +
      'interrupted).',
    table(['code', 'exit code', 'meaning', 'what to do'], errorCodes.map(row)),
  ]);
}
