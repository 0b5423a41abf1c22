import { quantizeModel } from '../../models/quantize.js';
import { weightFormats } from '../../models/weights.js';
import { deviceOptions, UsageError, type Command } from '../command.js';
import { fetchModel, openDevice } from '../model.js';
import { bytesText } from '../output.js';

/** A smaller copy of a model. */
export const quantize: Command = {
  name: 'quantize',
  args: 'MODEL OUT',
  doc: 'Write a copy of a model, as the folder OUT, with its matrices in another format.',
  count: [2, 2],
  options: { ...deviceOptions, to: { value: 'DTYPE', doc: weightFormats.join(', ') } },
  async run(call) {
    const [path, out] = call.args;
    const format = call.word('to', weightFormats);
    if (!format) throw new UsageError(`mia quantize needs --to: ${weightFormats.join(', ')}`);
    await using device = await openDevice(call);
    const model = await fetchModel(call, path);
    const progress = call.output.progress('quantizing');
    const result = await quantizeModel(device, model, format, out, ({ loadedBytes, totalBytes }) =>
      progress.update(loadedBytes, totalBytes),
    ).finally(() => progress.end());
    if (call.output.json) return call.output.value({ ...result, format });
    call.output.line(
      `${result.path}: ${result.converted} of ${result.tensors} tensors as ${format}, ${bytesText(result.bytes)}`,
    );
  },
};
