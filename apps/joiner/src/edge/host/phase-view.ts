/** Shows phases as they happen: for a terminal with a line that is rewritten, else a line each; JSON for programs. */

import { type PhaseReport, phaseText } from '../../core/phase-report.ts';

export interface ViewStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A function that shows each report at once. */
export function phaseView(stream: ViewStream, isJson: boolean): (report: PhaseReport) => void {
  if (isJson) return (report) => stream.write(`${JSON.stringify(report)}\n`);
  const isTerminal = stream.isTTY === true;
  return (report) => {
    const isPassing = report.state === 'started' || report.state === 'waiting';
    if (!isTerminal) {
      if (!isPassing) stream.write(`${phaseText(report)}\n`);
      return;
    }
    // a line that is longer than the terminal is wide could not be rewritten
    const text = isPassing ? cut(phaseText(report), (stream.columns ?? 80) - 1) : `${phaseText(report)}\n`;
    stream.write(`\r\x1b[2K${text}`);
  };
}

function cut(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}
