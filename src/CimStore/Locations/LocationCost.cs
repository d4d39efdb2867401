namespace CimStore.Locations;

/// <summary>What keeping and moving bytes at a location costs, in US dollars; a GB is 10^9 bytes, a month 30 days.
/// </summary>
/// <param name="DollarsPerGbMonth">Of keeping.</param>
/// <param name="DollarsPerThousandWrites">Of requests that write.</param>
/// <param name="DollarsPerThousandReads">Of requests that read.</param>
/// <param name="DollarsPerGbRead">Of reading out (egress).</param>
/// <param name="DaysMin">What is kept for less is paid as if kept for so long.</param>
/// <param name="SizeMinBytes">What is smaller is paid as if it had this size.</param>
public sealed record LocationCost(
    double DollarsPerGbMonth, double DollarsPerThousandWrites, double DollarsPerThousandReads,
    double DollarsPerGbRead, int DaysMin, long SizeMinBytes)
{
    public static readonly LocationCost Free = new(0, 0, 0, 0, 0, 0);
}
