using System.Globalization;

namespace CimStore.Cli.Terminal;

/// <summary>
/// The system's clock, turned: what a policy would do in a year is tried on a copy of the store in a minute. Only what
/// the time of day is changes; how long something takes does not.
/// </summary>
internal sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    public const string Variable = "CIMSTORE_CLOCK";

    // Dates are reckoned with beyond it, and the calendar ends in the year 9999.
    private static readonly TimeSpan Max = TimeSpan.FromDays(36_500);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;

    /// <summary>The system's clock, or the one that the environment asks for: <c>+8d</c>, <c>+36h</c>, <c>+90m</c>.
    /// </summary>
    public static TimeProvider FromEnvironment(Func<string, string?> environment)
    {
        if (environment(Variable) is not { Length: > 0 } text)
        {
            return System;
        }

        return text is ['+', .. var number, var unit]
            && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && SpanOf(unit) is { } span && count <= Max / span
            ? new ShiftedTime(span * count)
            : throw CliException.Usage(
                $"${Variable} is '{text}', which is no shift of the clock: +8d, +36h, +90m or +30s, a century "
                + "(+36500d) at most.");
    }

    private static TimeSpan? SpanOf(char unit) => unit switch
    {
        'd' => TimeSpan.FromDays(1),
        'h' => TimeSpan.FromHours(1),
        'm' => TimeSpan.FromMinutes(1),
        's' => TimeSpan.FromSeconds(1),
        _ => null,
    };
}
