/** Records the Vercel AI SDK's telemetry with its own mock models. `ai:telemetry` is recorded by record-vercel-ai-channel.mjs. */
import { registerTelemetry } from 'ai';
import { adapter, options } from './recording.mjs';
import { scenes } from './vercel-ai-scenes.mjs';

registerTelemetry(adapter.vercelAiTelemetry(options));

for (const scene of scenes) await scene();
