/** How many lists and watches there may be at a time, as the parameter watchConcurrency says. Each watch holds a Lambda for minutes. */
module.exports = async ({ resolveVariable }) => Number(await resolveVariable('param:watchConcurrency'));
