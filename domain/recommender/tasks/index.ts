import { describeTensorflow } from './describeTensorflow.ts';
import { eraseLearnt } from './eraseLearnt.ts';
import { judgeModel } from './judgeModel.ts';
import { takeSnapshot } from './takeSnapshot.ts';
import { rankShard } from './rankShard.ts';
import { trainModel } from './trainModel.ts';
import { runTrial } from './runTrial.ts';

/** What runs in a process of its own: heavy in time, memory or native code. Input and result cross the process, so they are plain values. */
export const TASKS = { describeTensorflow, takeSnapshot, trainModel, runTrial, judgeModel, rankShard, eraseLearnt };

type Tasks = typeof TASKS;
export type TaskName = keyof Tasks;
export type TaskInput<Name extends TaskName> = Parameters<Tasks[Name]>[1];
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

/** Runs a task where its worker runs tasks. */
export type RunTask = <Name extends TaskName>(name: Name, input: TaskInput<Name>) => Promise<TaskResult<Name>>;
