// The AWS SDK of 2027 warns on Node 20. The library leaves that to its users; the tests need not say it in every file.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
