import { ACCEPTED, type Exporter } from './exporter';
import { metricOf } from './metrics';

/** Where there is no Application Insights: one line of fields for each interval in which something happened. Failures have lines of their own. */
export function logExporter(log: (fields: Readonly<Record<string, unknown>>) => void): Exporter {
  return {
    send({ samples }) {
      const metrics = samples.map(({ name, dimensions, count, sum, min, max }) =>
        metricOf(name).kind === 'sum' ? { name, ...dimensions, sum } : { name, ...dimensions, count, sum, min, max },
      );
      if (metrics.length > 0) log({ message: 'metrics', metrics });
      return Promise.resolve(ACCEPTED);
    },
    close: () => Promise.resolve(),
  };
}
