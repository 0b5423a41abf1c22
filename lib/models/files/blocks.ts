/**
 * Blocks in safetensors files, which have no name for them: the bytes as U8, those of a block as the last axis, and the
 * dtypes by tensor in the metadata. q8_0 [3, 64] is U8 [3, 2, 34]; tapes store them the same way. See adr/0014.
 */
import {
  blockOf,
  bytesOf,
  isBlock,
  isDType,
  type BlockDType,
  type DType,
  type ScalarDType,
} from '../../dtype.js';
import { MiaError, show } from '../../errors.js';
import { isPlainObject, jsonText, parseJson } from '../../ir/json.js';
import type { Place } from './tensor.js';

const KEY = 'mia.blocks';

type Shaped<D extends DType> = { readonly dtype: D; readonly shape: readonly number[] };

const blockError = (message: string, expected?: string, actual?: string, cause?: unknown): MiaError =>
  new MiaError('ERR_FORMAT', 'safetensors', { message: `${KEY} ${message}`, expected, actual, cause });

/** What the metadata says must lie there in blocks. */
export function blocksIn(metadata: ReadonlyMap<string, string>): Map<string, BlockDType> {
  const value = parseJson(metadata.get(KEY) ?? '{}', 1, (why, cause) =>
    blockError(why, undefined, undefined, cause),
  );
  if (!isPlainObject(value)) throw blockError('is not understood', 'an object', show(value));
  return new Map(
    Object.entries(value).map(([name, dtype]) => {
      if (isDType(dtype) && isBlock(dtype)) return [name, dtype];
      throw blockError(`has a bad dtype for ${show(name)}`, 'one of blocks', show(dtype));
    }),
  );
}

/** A place of bytes as the blocks that they are. */
export function asBlocks(name: string, dtype: BlockDType, place: Place | undefined): Place {
  const [bytes, count, ...outer] = [...(place?.shape ?? [])].reverse();
  if (place?.dtype !== 'u8' || bytes !== bytesOf(dtype) || count === undefined) {
    const expected = `u8 [..., n, ${bytesOf(dtype)}]`;
    const actual = place ? `${place.dtype} ${show(place.shape)}` : 'no such tensor';
    throw blockError(`says that ${show(name)} is ${dtype}`, expected, actual);
  }
  return { ...place, dtype, shape: [...outer.reverse(), count * blockOf(dtype)] };
}

/** Tensors as the format can name them, and what the metadata must say of those in blocks. */
export function withoutBlocks(
  tensors: Iterable<readonly [string, Shaped<DType>]>,
): [[string, Shaped<DType>][], [string, string][]] {
  const blocks = new Map<string, BlockDType>();
  const named = [...tensors].map(([name, { dtype, shape }]): [string, Shaped<DType>] => {
    if (!isBlock(dtype)) return [name, { dtype, shape }];
    blocks.set(name, dtype);
    const count = shape.at(-1)! / blockOf(dtype);
    return [
      name,
      { dtype: 'u8' satisfies ScalarDType, shape: [...shape.slice(0, -1), count, bytesOf(dtype)] },
    ];
  });
  const text = jsonText(blocks, 1, (why) => blockError(why));
  return [named, blocks.size > 0 ? [[KEY, text]] : []];
}
