import { constants } from 'node:buffer';
import { loadAddon } from './addon.js';

/** A file mapped into memory by the native engine. */
export interface FileMapping {
  /** Bytes [begin, end), no more than an array can hold. They stay readable after `close()`. */
  part(begin: number, end: number): Uint8Array;
  /** Gives resident pages back; they return when they are read. */
  trim(): void;
  /** Whether a read met the file's end before its place: the file was cut, and zeros stand there. */
  shrank(): boolean;
  close(): void;
}

/** The first `bytes` of an open file, which may then be closed. Undefined where files cannot be mapped or shown. */
export function mapFile(fd: number, bytes: number): FileMapping | undefined {
  let mapping: FileMapping | undefined;
  try {
    mapping = newMapping(fd, bytes);
    mapping?.part(0, 1);
    return mapping;
  } catch {
    mapping?.close();
    return undefined; // no engine for this platform, or a runtime without external memory: the caller reads
  }
}

/**
 * Parts are views of few ArrayBuffers, as large as they may be: V8 takes each for memory of its own and collects garbage
 * as that grows, so that one for each of a model's tensors would cost a collection each.
 */
const WINDOW = constants.MAX_LENGTH;

function newMapping(fd: number, bytes: number): FileMapping | undefined {
  const addon = loadAddon();
  const file = addon.mapFile(fd, bytes);
  if (file === 0) return undefined;
  const windows = new Map<number, WeakRef<ArrayBuffer>>();
  const windowAt = (begin: number): ArrayBuffer => {
    const known = windows.get(begin)?.deref();
    if (known) return known;
    const made = addon.fileBytes(file, begin, Math.min(WINDOW, bytes - begin));
    windows.set(begin, new WeakRef(made));
    return made;
  };
  return {
    part(begin, end) {
      const first = begin - (begin % WINDOW);
      if (end <= first + WINDOW) return new Uint8Array(windowAt(first), begin - first, end - begin);
      const skip = begin % ALIGNMENT; // what is aligned in the file stays so
      return new Uint8Array(addon.fileBytes(file, begin - skip, end - begin + skip), skip);
    },
    trim: () => addon.trimFile(file),
    shrank: () => addon.fileShrank(file),
    close: () => addon.closeFile(file),
  };
}

const ALIGNMENT = 64;
