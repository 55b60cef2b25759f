import { type Checked } from '../config/read';
import { failed, ok, type Trial } from './check';

/** Every fault of the settings, without which nothing else can be tried. */
export function settingsTrial({ config, faults }: Checked): Trial {
  return {
    ...{ id: 'settings', title: 'the settings', needs: [], onTimeout: 'This is not foreseen' },
    run: () => {
      if (config !== null) return Promise.resolve(ok('each is given and fits the others'));
      const told = faults.map(({ setting, found, expected }) => `${setting}: found ${found}; expected ${expected}`);
      const fixes = faults.map(({ setting, action }) => `${setting}: ${action}`);
      return Promise.resolve(failed(told.join('; '), `${fixes.join('; ')} (docs/settings.md)`));
    },
  };
}
