/**
 * What every contender prints at its end, whatever its language: wall time and CPU time (user and system, all threads)
 * in seconds, both without the start of the process, the points it got, and its largest RSS in bytes.
 */
export async function measured(work) {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  const points = await work();
  const { user, system } = process.cpuUsage(cpu);
  return {
    seconds: (performance.now() - begin) / 1000,
    cpu: (user + system) / 1e6,
    points,
    rss: process.resourceUsage().maxRSS * 1024,
  };
}
