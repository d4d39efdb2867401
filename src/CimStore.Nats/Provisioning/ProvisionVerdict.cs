namespace CimStore.Nats.Provisioning;

public enum ProvisionVerdict
{
    Made,
    Updated,
    Unchanged,
}
