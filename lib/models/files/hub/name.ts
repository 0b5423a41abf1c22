/** Names of models on the Hugging Face hub. */

export interface HubName {
  /** `org/name` */
  readonly repo: string;
  /** One file of it, by its path there; without it, the files of a model folder. */
  readonly file?: string;
  /** A branch, tag or commit. */
  readonly revision: string;
}

/** The hub's own rule for both parts of `org/name`; `--` stands for the slash in the names of cache folders. */
const isPart = (text: string): boolean =>
  /^\w(?:[\w.-]{0,94}\w)?$/.test(text) && !text.includes('--') && !text.includes('..');

/** Says the same place on every system, and one below where it starts. */
export const isPlainPath = (text: string): boolean =>
  text.split('/').every((part) => /^[^\\:*?"<>|\p{Cc}]+$/u.test(part) && part !== '.' && part !== '..');

const isWeights = (path: string): boolean => /\.(gguf|safetensors)$/.test(path);

/** Reads `org/name`, `org/name/file.gguf` (or .safetensors), either with `@revision`; undefined for anything else. */
export function readHubName(text: string, revision?: string): HubName | undefined {
  const [path, said = 'main', ...more] = String(text).split('@');
  const [org, name = '', ...rest] = path.split('/');
  const wanted = revision ?? said;
  if (!isPart(org) || !isPart(name) || !isPlainPath(wanted) || more.length > 0) return undefined;
  const repo = `${org}/${name}`;
  if (rest.length === 0) return isWeights(name) ? undefined : { repo, revision: wanted };
  const file = rest.join('/');
  return isPlainPath(file) && isWeights(file) ? { repo, file, revision: wanted } : undefined;
}
