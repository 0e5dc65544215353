import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@kaizen-trace/adapters';
import { describePipelineApi } from '../testing/pipeline-api.suite.js';
import { describeReplaysApi } from '../testing/replays-api.suite.js';
import { readCliSettings } from '../settings.js';

const openPlace = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kaizen-pipeline-'));
  const { log } = readCliSettings({ KAIZEN_DATA_DIR: folder, KAIZEN_PARTITIONS: '3' });
  return {
    prefix: 'kaizen.',
    connect: () => openLog(log),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
};

describePipelineApi('the pipeline on the embedded log', openPlace);
describeReplaysApi('replays on the embedded log', openPlace);
