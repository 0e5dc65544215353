import { useEffect, useRef, useState } from 'react';
import type { ApiFailure } from '../../shared/api.js';
import { counted } from '../../shared/format.js';
import { Busy } from '../../shared/states.js';
import { sendJson } from '../send-json.js';
import { placeOfLetter } from './model.js';
import type { Redrive, RedriveReport } from './model.js';

type Step =
  | { readonly type: 'looking' }
  | { readonly type: 'asking'; readonly report: RedriveReport }
  | { readonly type: 'working' }
  | { readonly type: 'done'; readonly report: RedriveReport }
  | { readonly type: 'failed'; readonly failure: ApiFailure };

const address = '/api/dead-letters/redrive';

const sendRedrive = async (redrive: Redrive, dryRun: boolean): Promise<Step> => {
  const answer = await sendJson<RedriveReport>('POST', address, { ...redrive, dry_run: dryRun });
  if (answer.type === 'failed') return { type: 'failed', failure: answer.failure };
  return { type: dryRun ? 'asking' : 'done', report: answer.value };
};

const letters = (count: number): string => counted(count, 'letter');

const Report = ({ report }: { readonly report: RedriveReport }) => {
  const { redriven, done_before: before, refused, refusals, more } = report;
  return (
    <div className="report">
      <ul>
        {redriven.events > 0 && (
          <li>{letters(redriven.events)}: events, back to the partition they came from</li>
        )}
        {redriven.spans > 0 && <li>{letters(redriven.spans)}: spans, to the backend once more</li>}
        {before > 0 && <li>{letters(before)} came back before: left as they are</li>}
        {refused > 0 && (
          <li>
            {letters(refused)} cannot come back:
            <ul>
              {refusals.slice(0, 10).map(({ letter, reason }) => (
                <li key={placeOfLetter(letter)}>
                  {placeOfLetter(letter)}: {reason}
                </li>
              ))}
            </ul>
          </li>
        )}
        {more && <li>There are more: bring back the rest afterwards</li>}
      </ul>
    </div>
  );
};

interface StepViewProps {
  readonly step: Step;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

const StepView = ({ step, onConfirm, onClose }: StepViewProps) => {
  switch (step.type) {
    case 'looking':
      return <Busy what="Looking what would come back" />;
    case 'working':
      return <Busy what="Bringing letters back" />;
    case 'failed':
      return <p className="strip strip-bad">{step.failure.message}</p>;
    case 'done': {
      const { events, spans } = step.report.redriven;
      return (
        <>
          <p className="strip strip-good" role="status">
            {letters(events + spans)} came back.
          </p>
          <Report report={step.report} />
        </>
      );
    }
    case 'asking': {
      const { events, spans } = step.report.redriven;
      const count = events + spans;
      return (
        <>
          <p>
            {count === 0
              ? 'Nothing of this would come back.'
              : `This brings ${letters(count)} back. What died for a reason that still holds dies again, as a new letter.`}
          </p>
          <Report report={step.report} />
          <div className="panel-actions">
            <button type="button" className="button" onClick={onClose}>
              Leave it
            </button>
            {count > 0 && (
              <button type="button" className="button button-main" onClick={onConfirm}>
                Bring back {letters(count)}
              </button>
            )}
          </div>
        </>
      );
    }
  }
};

interface RedriveDialogProps {
  readonly redrive: Redrive;
  /** Told when something may have changed. */
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Says what would come back, asks, does it, and shows what came of it. */
export const RedriveDialog = ({ redrive, onDone, onClose }: RedriveDialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [step, setStep] = useState<Step>({ type: 'looking' });
  useEffect(() => {
    dialog.current?.showModal();
    let here = true;
    void sendRedrive(redrive, true).then((next) => here && setStep(next));
    return () => {
      here = false;
    };
  }, [redrive]);
  const confirm = async (): Promise<void> => {
    setStep({ type: 'working' });
    setStep(await sendRedrive(redrive, false));
    onDone();
  };
  const close = (): void => dialog.current?.close();
  return (
    <dialog ref={dialog} className="panel" aria-labelledby="redrive-title" onClose={onClose}>
      <header>
        <h2 id="redrive-title">Bring dead letters back</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={close}>
          ✕
        </button>
      </header>
      <StepView step={step} onConfirm={() => void confirm()} onClose={close} />
    </dialog>
  );
};
