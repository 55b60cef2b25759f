import { app } from '@azure/functions';
import { statusHandler } from '../lib/app/status';

// Names and figures, no event and no secret; still nobody's business without the function's key (docs/monitoring.md).
app.http('status', { methods: ['GET'], authLevel: 'function', handler: statusHandler });
