/** Bodies that are texts by name, as several endpoints of cfssl take them (api.ProcessRequestFirstMatchOf). */

import { badRequest } from './cfssl-error.ts';
import { jsonObjectOf, textField } from './json-fields.ts';

/** The texts, and the first of the sets of names that are all there. CfsslError when there is none. */
export function firstMatchOf<const Sets extends readonly (readonly string[])[]>(
  body: string,
  sets: Sets,
): { readonly matched: Sets[number]; readonly text: (name: string) => string } {
  const object = jsonObjectOf(body, 'unexpected end of JSON input');
  const matched = sets.find((names) => names.every((name) => Object.hasOwn(object, name)));
  if (matched === undefined) throw badRequest('no valid parameter sets found');
  return { matched, text: (name) => textField(object, name) };
}
