import { setTimeout as sleep } from 'node:timers/promises';
import type { AnnouncedMember } from '@kaizen-trace/ports';
import { patiently } from '../partition-reader.js';
import type { LinkSettings } from '../wire/link.js';
import { decodeAssignment, decodeClaim } from './assigner.js';

/** How long a group that is sharing anew is waited for; afterwards members are shown without what they say. */
const settlingMs = 2_000;
const pauseMs = 100;
const settled: readonly string[] = ['Stable', 'Empty', 'Dead'];

/** Who is in the group, by its coordinator; joins nothing. @throws Error where no coordinator answers in time. */
export const readMembers = (
  settings: LinkSettings,
  group: string,
  topic: string,
): Promise<readonly AnnouncedMember[]> =>
  patiently(settings, async (link) => {
    const deadline = Date.now() + settlingMs;
    for (;;) {
      const coordinator = await link.coordinator('group', group);
      const { groups } = await coordinator.describeGroups({ groupIds: [group] });
      const { state = 'Dead', members = [] } = groups[0] ?? {};
      if (settled.includes(state) || Date.now() > deadline) {
        return members
          .map((member) => ({
            memberId: member.memberId,
            announcement: decodeClaim(member).announcement,
            partitions: decodeAssignment(topic, member.memberAssignment),
          }))
          .sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
      }
      await sleep(pauseMs);
    }
  });
