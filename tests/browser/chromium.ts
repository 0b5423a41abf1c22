/** Chromium without a window, whose WebGPU computes on the CPU through SwiftShader. */
import { chromium, type Browser } from 'playwright-core';
// @ts-expect-error a script
import { chromiumPath } from '../../scripts/chromium.mjs';

export const openChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath() as string,
    args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  });
