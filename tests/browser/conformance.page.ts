/** The part of the conformance test that runs in the page: the case table against the browser entry. */
import { tables } from '../conformance/cases/index.js';
import { failuresOf, prepare } from '../conformance/run.js';
import { ways } from '../conformance/ways.js';
import { webgpu } from '../conformance/webgpu.js';

export type TableName = keyof typeof tables;

const device = await webgpu.create(); // one for all: its pipelines are compiled once
const prepared = new Map(
  Object.entries(tables).map(([name, table]) => [name, table.map((c) => prepare(c, webgpu.flushes))]),
);

/** Runs a table in one way; says which cases fail, and how. */
async function conform(table: TableName, way: string): Promise<string[]> {
  return failuresOf(
    device,
    prepared.get(table)!,
    ways.find(({ name }) => name === way)!,
    webgpu,
  );
}

Object.assign(globalThis, { conform });
