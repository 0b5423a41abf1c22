/**
 * Runs `work` on one value at a time, and always on the newest: of the values that come while it works, it sees only the last.
 */
export function newest(work) {
  let waiting;
  let busy = false;
  return async (value) => {
    waiting = { value };
    if (busy) return;
    busy = true;
    try {
      while (waiting) {
        const { value } = waiting;
        waiting = undefined;
        await work(value);
      }
    } finally {
      busy = false;
    }
  };
}
