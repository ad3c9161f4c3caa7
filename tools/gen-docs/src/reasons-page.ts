/** docs/reasons.md: every reason of the closed lists. */

import { componentActionReasons, denyReasons, reissueReasons } from '@easycerts/core';
import { generatedNotice, page, table } from './markdown.ts';
import type { ReasonText } from './reason-texts.ts';
import { componentActionReasonTexts, denyReasonTexts, reissueReasonTexts } from './reason-texts.ts';

/** The page of all reasons, in the order in which the checks look. */
export function reasonsPage(): string {
  return page([
    generatedNotice,
    '# Reasons',
    'The same words stand in logs, events, metrics, gRPC answers and on the command line. Commands and paths are those of a ' +
      "host. In the developers' cluster they work inside `npm run easycerts -- shell`; from outside, paths begin with " +
      '`.easycerts/`.',
    '## Why a certificate is issued again',
    'certmgr looks in this order and reports the first that is the case.',
    tableOf(reissueReasons, reissueReasonTexts),
    '## Why the CA refuses',
    'Every refusal is published as `certificate.refused` or `call.refused`; the caller gets the reason, not the detail of others.',
    tableOf(denyReasons, denyReasonTexts),
    '## Why joiner acts on a component',
    tableOf(componentActionReasons, componentActionReasonTexts),
  ]);
}

function tableOf<R extends string>(reasons: readonly R[], texts: Readonly<Record<R, ReasonText>>): string {
  const row = (reason: R): readonly string[] => {
    const { meaning, check, repair } = texts[reason];
    return [`\`${reason}\``, meaning, check, repair];
  };
  return table(['reason', 'meaning', 'check', 'repair'], reasons.map(row));
}
