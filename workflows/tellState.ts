import { defineSearchAttributeKey } from '@temporalio/common';
import {
  defineQuery,
  setCurrentDetails,
  setHandler,
  workflowInfo,
  type ChildWorkflowOptions,
  type StartChildWorkflowExecutionInput,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES, startWords, subjectsOf } from '../contracts/aboutRun.ts';
import { rowOf, stepOf, WORKFLOW_TYPES, type WorkflowType } from '../contracts/workflows.ts';
import { sayState, STATE_QUERY, type UnderWay, type Wait, type WorkflowState } from '../contracts/workflowState.ts';
import { isPaused } from './pauseSteps.ts';

const state = defineQuery<WorkflowState>(STATE_QUERY);

/** Says what the steps and timers do not, such as how many alerts wait; Temporal gives each workflow its own instance of this module. */
let sayMore: () => string | null = () => null;
export const tellToo = (say: typeof sayMore): void => void (sayMore = say);

/**
 * What every workflow tells of itself: an answer to the query `state`, and the words beside its steps and children in Temporal's page. It only looks
 * on: promises pass as they are, so that what a recorded history holds comes in the same order with it as without.
 */
export function interceptors(): WorkflowInterceptors {
  const doing = new Set<UnderWay>();
  const waits = new Set<Wait>();
  const order = orderOf(workflowInfo().workflowType);
  let reached = -1;

  const tell = (): WorkflowState => {
    const now = { doing: [...doing], waits: [...waits], paused: isPaused(), next: order[reached + 1] ?? null };
    return { says: sayState(now, sayMore()), ...now };
  };
  const show = () => setCurrentDetails(tell().says);
  function follow<Item>(items: Set<Item>, item: Item, end: Promise<unknown>): void {
    items.add(item);
    const leave = () => {
      items.delete(item);
      show();
    };
    void end.then(leave, leave);
    show();
  }
  const begin = (what: string, place: string, input: unknown, workflowId: string | null): UnderWay => {
    reached = Math.max(reached, order.indexOf(place));
    return { what, subject: subjectsOf(input).join(', ') || null, since: new Date(Date.now()).toISOString(), workflow_id: workflowId };
  };

  return {
    inbound: [
      {
        execute(input, next) {
          setHandler(state, tell, { description: 'What the workflow does now, what it waits for, and its next step' });
          return next(input);
        },
        handleSignal(input, next) {
          const handled = next(input);
          show();
          return handled;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const step = stepOf(input.activityType);
          const one = begin(step, step, input.args[0], null);
          const end = next({ ...input, options: { summary: [step, one.subject].filter(Boolean).join(' '), ...input.options } });
          follow(doing, one, end);
          return end;
        },
        startTimer(input, next) {
          const end = next(input);
          const until = new Date(Date.now() + input.durationMs).toISOString();
          follow(waits, { what: input.options?.summary ?? 'waits', until }, end);
          return end;
        },
        startChildWorkflowExecution(input, next) {
          const { workflowId, args } = input.options;
          const place = order.includes(input.workflowType) ? input.workflowType : SCHEDULED;
          const one = begin(input.workflowType, place, args[0], workflowId);
          const begun = next({ ...input, options: { ...input.options, ...wordsOf(input.workflowType, input.options) } });
          follow(
            doing,
            one,
            begun.then(([, end]) => end),
          );
          return begun;
        },
      },
    ],
  };
}

/** Of a row, what begins in the course of a run, in that order. */
function orderOf(type: string): readonly string[] {
  const workflow = workflowOf(type);
  if (!workflow) return [];
  const { steps, children } = rowOf(workflow);
  const isUsual = ({ onlyWhen }: { readonly onlyWhen?: string }) => onlyWhen === undefined;
  const childrenAfter = (step: string | null) =>
    children.filter((child) => child.after === step && isUsual(child)).map((child) => child.workflow);
  const always = Object.entries(steps).filter(([, step]) => isUsual(step));
  return [...childrenAfter(null), ...always.flatMap(([activity]) => [stepOf(activity), ...childrenAfter(activity)])];
}
const workflowOf = (type: string): WorkflowType | undefined => WORKFLOW_TYPES.find((name) => name === type);
/** In the row of a backfill, whichever workflow its schedule starts. */
const SCHEDULED = 'scheduled';

const SUBJECT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.subject, 'KEYWORD_LIST');
const STARTED_BY = defineSearchAttributeKey(SEARCH_ATTRIBUTES.startedBy, 'KEYWORD');

type ChildOptions = StartChildWorkflowExecutionInput['options'];

/** What stands with a child in Temporal; search attributes where its parent has them, for else they may not be known there, and no child would start. */
function wordsOf(type: string, { args, staticSummary, staticDetails, typedSearchAttributes }: ChildOptions): ChildWorkflowOptions {
  const workflow = workflowOf(type);
  if (!workflow) return {};
  const { workflowId, typedSearchAttributes: own } = workflowInfo();
  const startedBy = own.get(STARTED_BY);
  const words = startWords(workflow, args[0], startedBy ?? workflowId);
  const text = { staticSummary: staticSummary ?? words.summary, staticDetails: staticDetails ?? words.details };
  if (startedBy === undefined) return text;
  const given = Array.isArray(typedSearchAttributes) ? typedSearchAttributes : [];
  const added = [
    { key: SUBJECT, value: [...words.subjects] },
    { key: STARTED_BY, value: startedBy },
  ];
  return { ...text, typedSearchAttributes: [...given, ...added] };
}
