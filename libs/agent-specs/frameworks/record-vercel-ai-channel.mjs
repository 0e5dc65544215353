/** Records the Vercel AI SDK by its diagnostics channel: the same scenes, with nothing registered. */
import { adapter, options } from './recording.mjs';
import { scenes } from './vercel-ai-scenes.mjs';

const stop = adapter.followVercelAi(options);

for (const scene of scenes) await scene();

stop();
