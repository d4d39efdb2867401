using CimStore.Cli.Commands;
using CimStore.Cli.Terminal;

// The page that lists the commands is printed without loading the parser: it is what a person asks for first.
return CommandIndex.IsAskedFor(args)
    ? RootHelp.Print(Console.Out)
    : await CommandRunner.RunAsync(args);
