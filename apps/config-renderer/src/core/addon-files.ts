/** The manifests that addon-manager keeps applied, as files: its bootstrap set, and the addons. */

export { addonFiles } from './addons/index.ts';
