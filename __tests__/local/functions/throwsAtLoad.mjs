throw new RangeError("the module itself");
