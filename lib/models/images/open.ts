import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MiaError } from '../../errors.js';
import { Config } from '../config.js';
import { readJsonFile } from '../files/json-file.js';
import { readPreprocess, type Preprocess } from './preprocess.js';

/** What a model's folder says of its images. */
export function openPreprocess(folder: string, architecture: string): Preprocess {
  const file = join(folder, 'preprocessor_config.json');
  if (!existsSync(file))
    throw new MiaError('ERR_UNSUPPORTED', 'preprocess', `${folder} has no preprocessor_config.json`);
  return readPreprocess(new Config(file, readJsonFile(file)), architecture === 'resnet' ? 'ConvNext' : 'ViT');
}
