/**
 * The Event Hubs SDK renews a link's token after 45 minutes and forgets to stop that timer when it attaches a dropped link again,
 * even once its client is closed. Such timers must not hold up the end of a test run: importing this lets them go.
 */
globalThis.setTimeout = new Proxy(globalThis.setTimeout, {
  apply(target, self, args: Parameters<typeof setTimeout>) {
    const timer: NodeJS.Timeout = target.apply(self, args);
    return (args[1] ?? 0) > 60_000 ? timer.unref() : timer;
  },
});

export {};
