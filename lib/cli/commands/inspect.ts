import { openCheckpoint } from '../../models/files/checkpoint.js';
import type { Command } from '../command.js';
import { fetchModel } from '../model.js';
import { table } from '../../table.js';
import { bytesText } from '../output.js';

/** What a file of weights, a model folder or a saved tape or program holds. */
export const inspect: Command = {
  name: 'inspect',
  args: 'FILE',
  doc: 'The tensors, configuration and metadata of a safetensors or GGUF file or of a model folder.',
  count: [1, 1],
  options: { config: { doc: 'print the configuration and metadata too' } },
  async run(call) {
    const { output } = call;
    const checkpoint = await openCheckpoint(await fetchModel(call, call.args[0]));
    try {
      const tensors = [...checkpoint.tensors].map(([name, t]) => ({
        name,
        dtype: t.dtype,
        shape: [...t.shape],
        bytes: t.data.length,
      }));
      const parameters = tensors.reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0);
      const { path, format, config, bytes } = checkpoint;
      const metadata = Object.fromEntries(
        [...checkpoint.metadata].map(([key, value]) => [key, shorten(value)]),
      );
      if (output.json) return output.value({ path, format, bytes, parameters, config, metadata, tensors });
      const rows = tensors.map((t) => [t.name, t.dtype, `[${t.shape.join(', ')}]`, bytesText(t.bytes)]);
      output.line(table(['tensor', 'dtype', 'shape', 'bytes'], rows));
      output.line('');
      const millions = (parameters / 1e6).toFixed(parameters < 1e8 ? 2 : 0);
      output.line(`${format}, ${tensors.length} tensors, ${millions} M parameters, ${bytesText(bytes)}`);
      if (!call.flag('config')) return;
      output.line(JSON.stringify(config, null, 2));
      output.line(JSON.stringify(metadata, null, 2));
    } finally {
      checkpoint.close();
    }
  },
};

const SHOWN = 8;

/** Long lists (a vocabulary) by their beginning. */
function shorten(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return value;
  const list = Array.from(value as ArrayLike<unknown>);
  return list.length <= SHOWN
    ? list.map(shorten)
    : [...list.slice(0, SHOWN).map(shorten), `... ${list.length} in all`];
}
