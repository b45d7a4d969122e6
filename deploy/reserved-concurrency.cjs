/** How many of each function that calls CCI run at a time at most: the parameter reservedConcurrency, or no limit where it is `none`. */
module.exports = async ({ resolveVariable }) => {
  const reserved = await resolveVariable('param:reservedConcurrency');
  if (reserved === 'none') return null;
  // With 0 no request would ever be served.
  if (!/^[1-9]\d*$/.test(String(reserved))) throw new Error('reservedConcurrency is a whole number from 1 on, or none');
  return Number(reserved);
};
