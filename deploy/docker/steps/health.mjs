/** Ends with 0 where the process of this container says that it is well: HEALTH_URL, such as http://127.0.0.1:8000/health/ready. */
const answer = await fetch(process.env['HEALTH_URL'], { signal: AbortSignal.timeout(4_000) });
process.exitCode = answer.ok ? 0 : 1;
