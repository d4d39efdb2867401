namespace CimStore.Server.Configuration;

/// <summary>Something that a configuration file says and should not.</summary>
/// <param name="IsError">The node does not start; else it starts and shows this in its health.</param>
/// <param name="File">The file, as it was named.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Path">The place in the value, as <c>$.locations[1].tier</c>.</param>
/// <param name="Message">What was found, and what is allowed.</param>
public sealed record ConfigurationFinding(
    bool IsError, string File, int Line, int Column, string Path, string Message)
{
    public override string ToString() => $"{File}:{Line}:{Column}: {Path}: {Message}";
}
