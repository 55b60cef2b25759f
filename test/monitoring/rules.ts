import { at, ofType, type Plan, type Resource } from '../infra/plan';

/** A rule as it is deployed, whichever kind it is of. */
export interface Rule {
  /** As infra/monitoring/types.bicep names it. */
  readonly name: string;
  readonly kind: 'log' | 'metric';
  readonly severity: number;
  readonly window: string;
  readonly frequency: string;
  readonly operator: string;
  readonly threshold: number;
  readonly resolves: boolean;
  /** Names of the action groups. */
  readonly groups: readonly string[];
  readonly resource: Resource;
}

export interface LogCriterion {
  readonly query: string;
  readonly metricMeasureColumn: string;
  readonly timeAggregation: string;
  readonly operator: string;
  readonly threshold: number;
  readonly dimensions: readonly { readonly name: string; readonly values: readonly string[] }[];
}

export interface MetricCriterion {
  readonly metricNamespace: string;
  readonly metricName: string;
  readonly timeAggregation: string;
  readonly operator: string;
  readonly threshold: number;
  readonly dimensions: readonly { readonly name: string; readonly values: readonly string[] }[];
}

const KINDS = {
  log: 'Microsoft.Insights/scheduledQueryRules',
  metric: 'Microsoft.Insights/metricAlerts',
} as const;

/** Every rule that a plan deploys. A rule that is there for each hub bears the same name each time. */
export function rulesOf(plan: Plan, names: readonly string[]): Rule[] {
  return (['log', 'metric'] as const).flatMap((kind) =>
    ofType(plan, KINDS[kind]).map((resource) => {
      const [first] = criteriaOf<LogCriterion | MetricCriterion>(resource);
      const actions = at(resource, kind === 'log' ? 'properties.actions.actionGroups' : 'properties.actions');
      const ids = (actions as readonly (string | { readonly actionGroupId: string })[]).map((action) =>
        typeof action === 'string' ? action : action.actionGroupId,
      );
      return {
        name: names.find((name) => resource.name.startsWith(`${name}-`)) ?? resource.name,
        kind,
        severity: Number(at(resource, 'properties.severity')),
        window: String(at(resource, 'properties.windowSize')),
        frequency: String(at(resource, 'properties.evaluationFrequency')),
        operator: first?.operator ?? '',
        threshold: first?.threshold ?? NaN,
        resolves: at(resource, 'properties.autoMitigate') === true,
        groups: ids.map((id) => id.split('/').at(-1) ?? ''),
        resource,
      };
    }),
  );
}

export const criteriaOf = <T>(resource: Resource): readonly T[] =>
  at(resource, 'properties.criteria.allOf') as readonly T[];

/** Rules that types.bicep lets one change, by kind. */
export function namesIn(types: string, kind: Rule['kind']): string[] {
  return [...types.matchAll(/^ {2}'?([\w-]+)'?: (log|metric)Change\?$/gm)].flatMap(([, name, of]) =>
    name === undefined || of !== kind ? [] : [name],
  );
}

const UNITS: Readonly<Record<string, number>> = { M: 1, H: 60, D: 1440 };

/** `PT15M`, `P2D` in minutes. */
export function minutesOf(duration: string): number {
  const [, count, unit] = /^PT?(\d+)([MHD])$/.exec(duration) ?? [];
  return Number(count) * (UNITS[unit ?? ''] ?? NaN);
}
