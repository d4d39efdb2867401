using System.Globalization;
using CimStore.Locations;
using NATS.Client.Core;

namespace CimStore.Nats;

/// <summary>What the server said of itself when it was connected to.</summary>
/// <param name="Version">As it says it.</param>
/// <param name="PayloadMaxBytes">The largest message, header and body together.</param>
/// <param name="HasJetStream">Whether it keeps streams.</param>
public sealed record ServerFacts(string Version, int PayloadMaxBytes, bool HasJetStream)
{
    internal static ServerFacts Of(INatsConnection connection) => connection.ServerInfo is { } info
        ? new ServerFacts(info.Version, info.MaxPayload, info.JetStreamAvailable)
        : throw new LocationException(LocationFault.Offline, "NATS: the server said nothing of itself.");

    /// <summary>Whether this server has it.</summary>
    public bool Has(ServerFeature feature) => NumberOf(Version) >= SinceOf(feature);

    /// <exception cref="LocationException">It does not; the message names the version that does.</exception>
    public void Require(ServerFeature feature, string forWhat)
    {
        if (!Has(feature))
        {
            throw new LocationException(
                LocationFault.Offline,
                $"{forWhat} needs nats-server {SinceOf(feature).ToString(2)} or newer ({feature}); this one is "
                + $"{Version}.");
        }
    }

    private static Version SinceOf(ServerFeature feature) => feature switch
    {
        ServerFeature.MessageTtl => new Version(2, 11),
        ServerFeature.AtomicPublish => new Version(2, 12),
        _ => new Version(2, 10),
    };

    /// <summary>The numbers of "2.11.0-beta.1"; nothing that can be read counts as the oldest.</summary>
    internal static Version NumberOf(string text)
    {
        var numbers = text.Split('-', '+')[0].Split('.');
        return numbers.Length >= 2
            && int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? new Version(major, minor)
            : new Version(0, 0);
    }
}
