using System.Collections.Immutable;
using CimStore.Content;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Engine;

// Why an object, and each of its copies, is where it is.
public sealed partial class StorageNode
{
    public async ValueTask<Explanation?> ExplainAsync(Cid cid, CancellationToken cancellationToken)
    {
        if (await _catalog.FindAsync(KeyOf(cid), cancellationToken) is not { } record)
        {
            return null;
        }

        var pattern = PatternPolicy.For(record.Pattern);
        var held = _ports.Tiers is null
            ? record.Copies.Count(copy => copy.State == CopyState.Verified) : CopiesOf(record);
        var required = ConsistencyTable.CopiesRequired(record.Class);
        var reasons = ImmutableArray.CreateBuilder<string>();
        reasons.Add($"{record.SizeBytes} bytes: {SizeMatrix.Home(record.SizeBytes).Reason}");
        reasons.Add($"{pattern.Reason}; suited device: {pattern.Device}");
        reasons.Add($"{ConsistencyTable.ReasonFor(record.DataClass)}; without a level, "
            + $"{ConsistencyTable.LevelFor(record.DataClass)}");
        reasons.Add($"class {record.Class}: {required} verified copies in distinct failure domains required, "
            + $"{held} held"
            + (held < required ? $", {required - held} owed" : ""));
        reasons.Add(await ExplainTierAsync(record, cancellationToken));
        foreach (var copy in record.Copies)
        {
            reasons.Add($"copy at {copy.Location}: {copy.State}, proved last at {copy.VerifiedAt:O}");
            reasons.Add($"copy at {copy.Location}, why there: {WhyThere(record, copy)}");
            if (LocationOf(copy) is { } location)
            {
                reasons.Add($"copy at {copy.Location}, how: {HowKept(record, copy, location)}");
            }
        }

        reasons.Add($"release: {Judge(record).Reason}");
        return new Explanation(record, reasons.ToImmutable());
    }

    private async ValueTask<string> ExplainTierAsync(ObjectRecord record, CancellationToken cancellationToken)
    {
        if (Scavenger is null)
        {
            return $"tier {record.Tier}: the first location, {_home.Id}, is bound to it and takes new content";
        }

        var policy = Settings.Policy;
        if (await Scavenger.ExplainAsync(record.Key, cancellationToken) is not { } verdict)
        {
            return $"tier {record.Tier}: the policy {policy.Name} was not asked yet";
        }

        var line = policy.Rules.FirstOrDefault(rule => rule.Name == verdict.Rule)?.Line ?? 0;
        return $"tier {record.Tier}: the policy {policy.Name} says {verdict.Tier}, by its rule {verdict.Rule}"
            + (line > 0 ? $" (line {line} of its file)" : "")
            + $": {verdict.Reason}"
            + (verdict.NextDue is { } due ? $"; asked again at {due:O}" : "; not asked again by itself");
    }

    private string WhyThere(ObjectRecord record, Copy copy)
    {
        if (_ports.Tiers is null)
        {
            return copy.Location == _home.Id
                ? $"{_home.Id} is the only location of this node and takes everything"
                : "it is not part of this node now, so no rule was asked";
        }

        // A copy that was found wrong keeps its place: the new one is made there.
        ImmutableArray<LocationId> held =
        [
            .. record.Copies.Where(other => other.State == CopyState.Verified || other.Location == copy.Location)
                .Select(static other => other.Location).Distinct(),
        ];
        return CopyReason.Of(
            copy.Location, record.Tier, RequestOf(record), held, Candidates(), Settings.Placement);
    }

    private string HowKept(ObjectRecord record, Copy copy, ILocation location)
    {
        var form = copy.Header.Compression == CopyHeader.Plain.Compression ? "" : $", {copy.Header.Compression}";
        var tree = record.SizeBytes > location.InlineSizeMaxBytes
            ? $"above {location.InlineSizeMaxBytes} bytes: with its BLAKE3 tree, proved in 16 KiB groups"
            : ReferenceEquals(location, _home)
                ? $"at most {_home.InlineSizeMaxBytes} bytes: in the journal's own batch, one sync for both"
                : $"at most {location.InlineSizeMaxBytes} bytes: read whole, proved by its hash";
        return $"{tree}{form}; {CopyReason.DomainsOf(copy.Location, location.Traits, FailureDomain)}"
            + (_thin.MissingOf(record.Key, copy) is > 0 and var missing ? $"; {missing} parts are missing" : "");
    }
}
