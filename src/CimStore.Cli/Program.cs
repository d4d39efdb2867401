using System.CommandLine;

return new RootCommand("CimStore: content-addressed storage").Parse(args).Invoke();
