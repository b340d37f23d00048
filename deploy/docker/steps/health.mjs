/** Ends with 0 where the process of this container says that it is well: HEALTH_URL, such as http://127.0.0.1:8000/health/ready. */
import { once } from 'node:events';
import { get } from 'node:http';

// `fetch` refuses some ports, of which Feast's 6566 is one.
const [answer] = await once(get(process.env['HEALTH_URL'], { signal: AbortSignal.timeout(4_000) }), 'response');
answer.resume();
process.exitCode = answer.statusCode === 200 ? 0 : 1;
