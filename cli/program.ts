import { Command, CommanderError } from 'commander';
import { addAbCommands } from './abCommands.ts';
import { addArtifactCommands } from './artifactCommands.ts';
import { addAuditCommand } from './auditCommand.ts';
import { addBackupCommands } from './backupCommands.ts';
import { addCanaryCommands } from './canaryCommands.ts';
import { addCompareServingCommand } from './compareServingCommand.ts';
import { addDataCommands } from './dataCommands.ts';
import { addDriftCommands } from './driftCommands.ts';
import { addEvaluateCommand } from './evaluateCommand.ts';
import { addEventCommands } from './eventCommands.ts';
import { EXIT } from './failure.ts';
import { addFeatureCommands } from './featureCommands.ts';
import { addKeyCommands } from './keyCommands.ts';
import { addModelsCommand } from './modelsCommand.ts';
import { addOutcomeCommands } from './outcomeCommands.ts';
import { addRecommendCommand } from './recommendCommand.ts';
import { addRegistryCommands } from './registryCommands.ts';
import { addRetentionCommand } from './retentionCommand.ts';
import { addRouteCommands } from './routeCommands.ts';
import { addRuleCommands } from './ruleCommands.ts';
import { addRunCommands } from './runCommands.ts';
import { addScalingCommand } from './scalingCommand.ts';
import { addScheduleCommands } from './scheduleCommands.ts';
import { addRunWorkflowCommand } from './runWorkflowCommand.ts';
import { createPerform, type CliParts } from './session.ts';
import { addStackCommands } from './stackCommands.ts';
import { addStartCommands } from './startCommands.ts';
import { addSystemCommands } from './systemCommands.ts';
import { addTrendingCommand } from './trendingCommand.ts';
import { addUpgradeCommand } from './upgradeCommand.ts';
import { addUserCommands } from './userCommands.ts';
import { addWebhookCommands } from './webhookCommands.ts';

const EXIT_CODES = `
Exit codes: ${EXIT.ok} done; ${EXIT.failed} the run failed or the API refused; ${EXIT.unusable} wrong usage, or nothing answers at the address.`;

/**
 * Runs one command line.
 * @param args without node and the script
 * @returns the exit code
 */
export async function runCli(args: readonly string[], parts: CliParts): Promise<number> {
  let exitCode: number = EXIT.ok;
  const perform = createPerform(parts, (code) => (exitCode = code));
  const { terminal, version } = parts;
  const program = new Command('mlops')
    .description('The movie MLOps platform from the command line')
    .version(version)
    .option('--api <url>', 'address of the API [MLOPS_API_URL, else http://127.0.0.1:<API_PORT>]')
    .option('--json', 'print one JSON document and nothing else')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(--help tells how)')
    .exitOverride();
  addStackCommands(program, perform);
  addUpgradeCommand(program, perform);
  addStartCommands(program, perform);
  addDataCommands(program, perform);
  addRunWorkflowCommand(program, perform);
  addRunCommands(program, perform);
  addEvaluateCommand(program, perform);
  addModelsCommand(program, perform);
  addRegistryCommands(program, perform);
  addRouteCommands(program, perform);
  addRuleCommands(program, perform);
  addAbCommands(program, perform);
  addOutcomeCommands(program, perform);
  addCanaryCommands(program, perform);
  addScalingCommand(program, perform);
  addDriftCommands(program, perform);
  addBackupCommands(program, perform);
  addRetentionCommand(program, perform);
  addEventCommands(program, perform);
  addUserCommands(program, perform);
  addKeyCommands(program, perform);
  addAuditCommand(program, perform);
  addSystemCommands(program, perform);
  addWebhookCommands(program, perform);
  addArtifactCommands(program, perform);
  addScheduleCommands(program, perform);
  addRecommendCommand(program, perform);
  addTrendingCommand(program, perform);
  addCompareServingCommand(program, perform);
  addFeatureCommands(program, perform);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.unusable;
    throw error;
  }
}
