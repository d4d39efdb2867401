namespace CimStore.Disk.Foreign;

/// <summary>An event that could not be translated, kept until somebody replays it or gives it up.</summary>
/// <param name="Id">32 hexadecimal digits; their order is the order in which letters came.</param>
/// <param name="At">When it came.</param>
/// <param name="Code">Why, for a program.</param>
/// <param name="Reason">Why, for a person.</param>
/// <param name="Rule">The rule that took it; null when none did.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Event">JSON as it came, without white space around it.</param>
public sealed record DeadLetter(
    string Id, DateTimeOffset At, string Subject, string Code, string Reason, string? Rule, int Attempts,
    ReadOnlyMemory<byte> Event);
