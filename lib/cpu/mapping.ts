import { loadAddon, type Addon } from './addon.js';

/** A file mapped into memory by the native engine. */
export interface FileMapping {
  /** Bytes [begin, end), aligned in memory as in the file. They stay readable after `close()`. */
  part(begin: number, end: number): Uint8Array;
  /** Gives resident pages back; they return when they are read. */
  trim(): void;
  /** Whether a read met the file's end before its place: the file was cut, and zeros stand there. */
  shrank(): boolean;
  close(): void;
}

/** Parts start at a multiple of this, so that elements aligned in the file are aligned in their ArrayBuffer. */
const ALIGNMENT = 64;

/** The first `bytes` of an open file, which may then be closed. Undefined where nothing can be mapped. */
export function mapFile(fd: number, bytes: number): FileMapping | undefined {
  let addon: Addon;
  try {
    addon = loadAddon();
  } catch {
    return undefined; // no native engine here: the caller reads
  }
  const file = addon.mapFile(fd, bytes);
  return file === 0 ? undefined : mappingOf(addon, file);
}

function mappingOf(addon: Addon, file: number): FileMapping {
  return {
    part(begin, end) {
      const skip = begin % ALIGNMENT;
      return new Uint8Array(addon.fileBytes(file, begin - skip, end - begin + skip), skip);
    },
    trim: () => addon.trimFile(file),
    shrank: () => addon.fileShrank(file),
    close: () => addon.closeFile(file),
  };
}
