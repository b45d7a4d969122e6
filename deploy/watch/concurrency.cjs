/** How many lists and watches there may be at a time. Each watch holds a Lambda for minutes, so with watch=on the parameter watchConcurrency must say it. */
module.exports = async ({ resolveVariable }) => {
  const reserved = await resolveVariable('param:watchConcurrency');
  if (/^[1-9]\d*$/.test(reserved)) return Number(reserved);
  throw new Error('watch=on needs watchConcurrency, from 1 on: how many lists and watches there may be at a time (docs/watch.md)');
};
