using System.Globalization;
using System.Text;

namespace CimStore.Crashing;

/// <summary>
/// What the child tells its parent, a line each, in one write each: what it is about to ask for, and what it was
/// promised. A line that was told is in the pipe even when the child dies in the next instruction.
/// </summary>
internal sealed record CrashReport(CrashVerb Verb, string What, string Subject, string Value)
{
    private const string End = ".";

    private static readonly Lock Gate = new();
    private static readonly Stream Out = Console.OpenStandardOutput();

    /// <returns>Null for a line that was cut short.</returns>
    public static CrashReport? Parse(string line) =>
        line.Split(' ') is [var verb, var what, var subject, var value, End]
            ? new CrashReport(Enum.Parse<CrashVerb>(verb), what, subject, value)
            : null;

    public static void Asks(string what, string subject, object value) => Tell(CrashVerb.Asks, what, subject, value);

    public static void Holds(string what, string subject, object value) => Tell(CrashVerb.Holds, what, subject, value);

    public static void Tell(CrashVerb verb, string what, string subject, object value)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{verb} {what} {subject} {value} {End}\n");
        lock (Gate)
        {
            Out.Write(Encoding.ASCII.GetBytes(line));
        }
    }
}
