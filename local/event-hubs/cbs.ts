import { badRequest, type Reply, type Request } from './reply';

/** Answers `put-token`. Any token is taken: the stand-in listens on this machine alone and keeps nobody out. */
export function answerCbs({ properties, body }: Request): Reply {
  if (properties['operation'] !== 'put-token') return badRequest('The operation must be put-token.');
  if (typeof properties['name'] !== 'string') return badRequest('The audience is missing: application property name.');
  if (typeof body !== 'string') return badRequest('The token must be an AMQP string value.');
  return { status: 202, description: 'Accepted' };
}
