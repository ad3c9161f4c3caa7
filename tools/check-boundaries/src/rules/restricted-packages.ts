/** Libraries that only one place may import: everyone else sees our own interface. */

import { allImports, packageNameOf, type Rule } from '../workspace.ts';

const places: readonly { readonly library: RegExp; readonly place: string; readonly test?: string }[] = [
  // The test asks it as a second opinion on what our own reader and writer do.
  { library: /^@peculiar\//, place: 'libs/shared/pki/src/x509-engine.ts', test: 'libs/shared/pki/test/peculiar.ts' },
  { library: /^@nats-io\//, place: 'libs/shared/runtime/src/bus/' },
];

/** x509-engine.ts alone imports @peculiar/x509, the bus folder alone @nats-io/*: other tests included, types too. */
export const restrictedPackages: Rule = (workspace) =>
  allImports(workspace).flatMap(({ path, where, imported }) => {
    const name = packageNameOf(imported.specifier) ?? '';
    const broken = places.filter(
      ({ library, place, test }) => library.test(name) && !path.startsWith(place) && path !== test,
    );
    return broken.map(({ place }) => ({
      rule: 'restricted-packages',
      where,
      message: `${name} is imported in ${place} only`,
    }));
  });
