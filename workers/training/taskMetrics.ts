import { Counter, Gauge, type Registry } from 'prom-client';
import { trainingProgressSchema } from '../../contracts/training.ts';
import type { Admission } from '../../domain/recommender/memory/admission.ts';

export type TaskMetrics = ReturnType<typeof createTaskMetrics>;

/** How each task stands, by the workflow that wants it; what has ended is counted and no longer shown. */
export function createTaskMetrics(registry: Registry, admission: Admission) {
  const registers = [registry];
  const labelNames = ['workflow_id'] as const;
  const gauges = {
    epoch: new Gauge({ name: 'training_epoch', help: 'Epoch that a training is in', labelNames, registers }),
    loss: new Gauge({ name: 'training_loss', help: 'Mean loss of the epoch so far', labelNames, registers }),
    samples_per_s: new Gauge({ name: 'training_samples_per_second', help: 'Samples learnt from a second', labelNames, registers }),
    eta_s: new Gauge({ name: 'training_eta_seconds', help: 'Time that is left', labelNames, registers }),
  };
  const running = new Gauge({ name: 'training_tasks_running', help: 'Processes that work now', labelNames: ['task'], registers });
  const ended = new Counter({ name: 'training_tasks_total', help: 'Tasks that ended', labelNames: ['task', 'state'], registers });
  const peak = new Gauge({
    name: 'training_task_peak_bytes',
    help: 'Most memory that the latest task of a name had',
    labelNames: ['task'],
    registers,
  });
  new Gauge({
    name: 'training_memory_reserved_bytes',
    help: 'Memory that the running tasks are expected to take',
    registers,
    collect() {
      this.set(admission.reservedMb() * 2 ** 20);
    },
  });
  new Gauge({ name: 'training_memory_budget_bytes', help: 'Memory that tasks may take', registers }).set(admission.budgetMb * 2 ** 20);

  return {
    start(task: string, workflowId: string) {
      running.inc({ task });
      return {
        progress(given: unknown) {
          const progress = trainingProgressSchema.safeParse(given);
          if (!progress.success) return;
          for (const [name, gauge] of Object.entries(gauges)) {
            const value = progress.data[name as keyof typeof gauges];
            if (value !== null) gauge.set({ workflow_id: workflowId }, value);
          }
        },
        peak: (peakMb: number) => peak.set({ task }, peakMb * 2 ** 20),
        end(state: 'success' | 'failed' | 'cancelled') {
          running.dec({ task });
          ended.inc({ task, state });
          for (const gauge of Object.values(gauges)) gauge.remove({ workflow_id: workflowId });
        },
      };
    },
  };
}
