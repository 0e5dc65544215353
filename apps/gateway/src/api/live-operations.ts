import { readOpenQuery, type OpenOperationsQuery } from '@kaizen-trace/assembler-runtime';
import { duration } from '@kaizen-trace/settings';
import { BadRequestException, HttpException, HttpStatus } from '@nestjs/common';
import { gatherOpenOperations, type AssemblerGroup, type OpenOperationsAnswer } from './open-operations.js';
import { shareLook, type SharedLook } from './live/shared-look.js';

type Parameters = Readonly<Record<string, unknown>>;

/** A duration of a parameter in milliseconds, undefined where it is none. */
const milliseconds = (text: string): number | undefined => {
  const outcome = duration().parse(text);
  return outcome.type === 'parsed' ? outcome.value : undefined;
};

/** Reads what is asked for, ages reckoned from now. @throws BadRequestException naming the parameter. */
export const openQueryOf = (parameters: Parameters): OpenOperationsQuery => {
  const reading = readOpenQuery(parameters, { now: Date.now(), duration: milliseconds });
  if (reading.type === 'read') return reading.query;
  throw new BadRequestException(`${reading.field} ${reading.reason}`);
};

/** What is open now, with the moment at which it was. */
export interface LiveOperations extends OpenOperationsAnswer {
  readonly at: string;
}

/** Live views of what is open, one for each question, however many follow it. */
export interface LiveOperationsViews {
  /** @throws BadRequestException of a bad question; HttpException with 429 where too many are asked at once. */
  viewOf(parameters: Parameters): SharedLook<LiveOperations>;
  close(): void;
}

const everyMs = 1_000;
/** Looking costs a step for each open operation, in every assembler. */
const share = 0.1;
const mostViews = 20;
const mostOperations = 500;
const usual = { limit: '200' };

const checked = (parameters: Parameters): Parameters => {
  const asked = { ...usual, ...parameters };
  const { limit } = openQueryOf(asked);
  if (limit > mostOperations) throw new BadRequestException(`limit is not from 0 to ${mostOperations} here`);
  if (parameters.cursor !== undefined)
    throw new BadRequestException('cursor: a live view shows the first page only; narrow it with filters');
  return asked;
};

/** Views over one group; a view ends when nobody follows it. */
export const openLiveOperations = (group: AssemblerGroup, timeoutMs: number): LiveOperationsViews => {
  const views = new Map<string, SharedLook<LiveOperations>>();
  const forgetIdle = (): void => {
    for (const [key, view] of views) if (view.listeners === 0) views.delete(key);
  };
  return {
    viewOf(parameters) {
      const asked = checked(parameters);
      const key = JSON.stringify(Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1)));
      const known = views.get(key);
      if (known !== undefined) return known;
      if (views.size >= mostViews) forgetIdle();
      if (views.size >= mostViews)
        throw new HttpException(
          'too many different views are followed; close one, or try later',
          HttpStatus.TOO_MANY_REQUESTS,
        );
      const look = async (): Promise<LiveOperations> => {
        const answer = await gatherOpenOperations(group, openQueryOf(asked), timeoutMs);
        return { at: new Date().toISOString(), ...answer };
      };
      const view = shareLook(look, { everyMs, share });
      views.set(key, view);
      return view;
    },
    close() {
      for (const view of views.values()) view.close();
    },
  };
};
