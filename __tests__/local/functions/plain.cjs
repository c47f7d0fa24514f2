exports.handler = async event => ({ from: "cjs", event });
