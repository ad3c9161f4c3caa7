/** THE list of what the package consists of. Pure. */

import { packagedUnits, pathsUnder } from '@easycerts/cluster';
import type { CommandDescription } from '@easycerts/runtime';
import type { PackageDocument, PackageTexts } from '../package-texts.ts';
import { debianChangelog } from './changelog.ts';
import { copyrightText, type Notice } from './copyright.ts';
import { modulesText, sysctlText, sysusersText, tmpfilesText } from './host-files.ts';
import { fillScript } from './maintainer-scripts.ts';
import { manPages } from './man-pages.ts';
import { gzipFile, type PackageEntry, programFile, textFile } from './package-entry.ts';

/** What `easycerts describe` prints: every name that can be called. The executable's own stands first. */
export interface DescribedPrograms {
  readonly version: string;
  readonly programs: readonly {
    readonly name: string;
    readonly command: CommandDescription;
    readonly completions: Readonly<Record<'bash' | 'zsh' | 'fish', string>>;
  }[];
}

export interface ContentFacts {
  /** Of the package: that of the programs, unless another was asked for. */
  readonly version: string;
  readonly epochS: number;
  readonly described: DescribedPrograms;
  readonly texts: PackageTexts;
  readonly documents: readonly PackageDocument[];
  readonly notices: readonly Notice[];
  /** Paths of the programs on this machine. */
  readonly executable: string;
  readonly natsServer: string;
}

export interface PackageContent {
  readonly entries: readonly PackageEntry[];
  /** Control files but for `control` and `md5sums`, which depend on the entries. */
  readonly control: readonly { readonly name: string; readonly mode: number; readonly text: string }[];
}

const programsFolder = '/usr/lib/easycerts';
/** As the copyright file names them. */
export const executableFile = 'usr/lib/easycerts/easycerts';
export const natsServerFile = 'usr/lib/easycerts/nats-server';

const docFolder = '/usr/share/doc/easycerts';
const overlayPath = '/etc/easycerts/overlay.yaml';

/** Everything but the control file. */
export function packageContent(facts: ContentFacts): PackageContent {
  const { described, executable, natsServer, texts, version } = facts;
  const paths = pathsUnder('');
  const units = packagedUnits();
  const date = new Date(facts.epochS * 1000).toISOString().slice(0, 10);
  const pages = manPages({ programs: described.programs.map(({ command }) => command), version, date });
  const script = (name: string, template: string): PackageContent['control'][number] => ({
    name,
    mode: 0o755,
    text: fillScript(template, { units: units.map((unit) => unit.name), paths }),
  });
  return {
    entries: [
      programFile(`${programsFolder}/easycerts`, executable),
      programFile(`${programsFolder}/nats-server`, natsServer),
      ...described.programs.map(
        ({ name }): PackageEntry => ({ kind: 'link', path: `/usr/bin/${name}`, target: '../lib/easycerts/easycerts' }),
      ),
      ...units.map((unit) => textFile(`/usr/lib/systemd/system/${unit.name}`, unit.text)),
      textFile('/usr/lib/sysusers.d/easycerts.conf', sysusersText()),
      textFile('/usr/lib/tmpfiles.d/easycerts.conf', tmpfilesText(paths)),
      textFile('/usr/lib/modules-load.d/easycerts.conf', modulesText),
      textFile('/usr/lib/sysctl.d/90-easycerts.conf', sysctlText),
      textFile(overlayPath, texts.overlay),
      ...described.programs.flatMap(({ name, completions }) => [
        textFile(`/usr/share/bash-completion/completions/${name}`, completions.bash),
        textFile(`/usr/share/zsh/vendor-completions/_${name}`, completions.zsh),
        textFile(`/usr/share/fish/vendor_completions.d/${name}.fish`, completions.fish),
      ]),
      ...pages.map(({ file, text }) => gzipFile(`/usr/share/man/man1/${file}`, text)),
      textFile(`${docFolder}/copyright`, copyrightText(texts.copyright, facts.notices)),
      textFile(`${docFolder}/README.Debian`, texts.readme),
      textFile(`${docFolder}/examples/cluster.yaml`, texts.example),
      ...facts.documents.map(({ path, text }) => textFile(`${docFolder}/${path}`, text)),
      gzipFile(`${docFolder}/changelog`, texts.changelog),
      gzipFile(`${docFolder}/changelog.Debian`, debianChangelog({ ...facts, changelog: texts.changelog })),
    ],
    control: [
      script('postinst', texts.postinst),
      script('prerm', texts.prerm),
      script('postrm', texts.postrm),
      { name: 'templates', mode: 0o644, text: texts.templates },
      { name: 'conffiles', mode: 0o644, text: `${overlayPath}\n` },
    ],
  };
}
